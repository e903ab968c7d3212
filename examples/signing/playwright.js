// node playwright.js http://127.0.0.1:3000/orders/7
import { chromium } from 'playwright-core' // or from 'playwright'
import { signRequest } from './sign-request.js'

const [url] = process.argv.slice(2)
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM })
const page = await browser.newPage()
await signRequestsTo(new URL(url).origin, page)
await page.goto(url)
console.log(await page.title())
await browser.close()

/** Signs each request of a page to one origin. A test can do the same in its `beforeEach`. */
async function signRequestsTo(origin, page) {
  await page.route(
    target => target.origin === origin,
    async route => {
      const request = route.request()
      const { traceId, headers } = signRequest(request.url())
      console.log(traceId, request.method(), new URL(request.url()).pathname)
      // route.continue() would send the signed headers to the target of a redirect, even to another host.
      const response = await route.fetch({ headers: { ...request.headers(), ...headers }, maxRedirects: 0 })
      await route.fulfill({ response })
    },
  )
}
