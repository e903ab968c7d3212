// osprofiler sign URL --count 200 --expires 300 > headers.jsonl
// node autocannon.js URL headers.jsonl
import { readFileSync } from 'node:fs'
import autocannon from 'autocannon'

const [url, file] = process.argv.slice(2)
const lines = readFileSync(file, 'utf8').trim().split('\n')
let next = 0

const result = await autocannon({
  url,
  connections: 10,
  amount: lines.length,
  overallRate: 50, // a service accepts 100 new traces in a second
  setupClient: client => client.setRequests([{ setupRequest: signNext }]),
})
console.log(`${result['2xx']} answers, ${result.latency.p99} ms or less for 99 %`)

/** Each request gets the next set of headers, whichever connection sends it. */
function signNext(request) {
  const line = lines[next++]
  return line === undefined ? request : { ...request, headers: { ...request.headers, ...JSON.parse(line) } }
}
