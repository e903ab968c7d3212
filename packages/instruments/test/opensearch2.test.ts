import { describeSearchClient } from './search-client.js'
import { describeSearchRequests } from './search-requests.js'

describeSearchClient('@opensearch-project/opensearch', 'opensearch2')
describeSearchRequests('@opensearch-project/opensearch', 'opensearch2')
