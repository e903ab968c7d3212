import { describeSearchServer } from './search-suite.js'

describeSearchServer('opensearch2', { contract: true })
