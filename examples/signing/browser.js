// chromium --remote-debugging-port=9222 --user-data-dir=/tmp/profile
// node browser.js https://shop.example
import { chromium } from 'playwright-core'
import { signRequest } from './sign-request.js'

const [origin] = process.argv.slice(2)
const browser = await chromium.connectOverCDP(process.env.CDP ?? 'http://127.0.0.1:9222')
const [context] = browser.contexts()
for (const page of context.pages()) await signRequestsOf(page)
context.on('page', signRequestsOf)
console.log(`Signing the requests to ${origin}. Ctrl-C stops signing.`)

async function signRequestsOf(page) {
  const devtools = await context.newCDPSession(page)
  // After a redirect, the browser pauses the request again, but has already removed the signed headers.
  devtools.on('Fetch.requestPaused', async ({ requestId, request }) => {
    const { traceId, headers } = signRequest(request.url)
    const all = Object.entries({ ...request.headers, ...headers }).map(([name, value]) => ({ name, value }))
    await devtools.send('Fetch.continueRequest', { requestId, headers: all }).catch(() => {}) // the page has closed
    console.log(traceId, request.method, new URL(request.url).pathname)
  })
  await devtools.send('Fetch.enable', { patterns: [{ urlPattern: `${origin}/*` }] })
}
