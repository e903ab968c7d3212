import { describeSearchClient } from './search-client.js'
import { describeSearchRequests } from './search-requests.js'

describeSearchClient('@elastic/elasticsearch', 'elasticsearch9')
describeSearchClient('elasticsearch-8', 'elasticsearch9')
describeSearchRequests('@elastic/elasticsearch', 'elasticsearch9')
