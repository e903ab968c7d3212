import { describeSearchServer } from './search-suite.js'

describeSearchServer('elasticsearch8')
