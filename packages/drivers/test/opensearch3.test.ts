import { describeSearchServer } from './search-suite.js'

describeSearchServer('opensearch3')
