import { describeHostilePlaces } from './hostile-places.js'

// Each way to end has its own file, because the tests mostly wait.
describeHostilePlaces('process.exit()')
