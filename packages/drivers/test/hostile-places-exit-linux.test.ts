import { describeHostilePlaces } from './hostile-places.js'

// One file for each way to end: most of the time is waiting.
describeHostilePlaces('process.exit()')
