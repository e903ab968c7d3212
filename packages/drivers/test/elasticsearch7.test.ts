import { describeSearchServer } from './search-suite.js'

describeSearchServer('elasticsearch7', { contract: true })
