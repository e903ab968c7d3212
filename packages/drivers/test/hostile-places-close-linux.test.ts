import { describeHostilePlaces } from './hostile-places.js'

// Each way to end has its own test file, because the tests mostly wait and files run in parallel.
describeHostilePlaces('close()')
