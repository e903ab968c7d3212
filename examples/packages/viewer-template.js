import { createServer } from 'node:http'
import { pageTemplate } from '@osprofiler/viewer'

const { html, contentSecurityPolicy } = pageTemplate({
  trace: '/api/trace/7f5a',
  events: '/api/trace/7f5a/events',
  list: '/',
})

createServer((_request, response) => {
  response.setHeader('content-type', 'text/html; charset=utf-8')
  response.setHeader('content-security-policy', `${contentSecurityPolicy}; frame-ancestors 'none'`)
  response.end(html)
}).listen(Number(process.env.PORT ?? 3000), '127.0.0.1')
