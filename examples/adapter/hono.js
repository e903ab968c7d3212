import { serve } from '@hono/node-server'
import { withTrace } from '@osprofiler/core'
import { createRequestTracer } from '@osprofiler/core/http'
import { setup } from '@osprofiler/node'
import { Hono } from 'hono'

/** A complete adapter. Hono's Node server provides Node's own request and response. */
function osprofilerMiddleware(hmacKeys, options) {
  const tracer = createRequestTracer(hmacKeys, options)
  return function osprofiler(c, next) {
    return tracer.serve(c.env.incoming, c.env.outgoing, async request => {
      await next()
      if (c.error) request?.fail(c.error)
    })
  }
}

const osprofiler = setup()
const app = new Hono()
app.use(osprofilerMiddleware())
app.get('/', c => withTrace('work', () => c.text('served')))
app.get('/fails', () => {
  throw new RangeError('out of range')
})

const server = serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000) })
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close(() => osprofiler.close()))
