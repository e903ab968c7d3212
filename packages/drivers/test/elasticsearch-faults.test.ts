import { startFaultySearch } from './search-faults.js'
import { describeFaults } from './stand-in-faults.js'

describeFaults('Elasticsearch', () => startFaultySearch('elasticsearch'))
