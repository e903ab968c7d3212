import { createServer, type IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { osprofilerMiddleware } from '@osprofiler/express'
import { DEFAULTS, type Framework, listen } from './framework.js'

/** Plain `node:http` with the middleware for Express. */
export const nodeServer: Framework = {
  name: 'node:http',
  async serve(application) {
    const { routes, rawRoutes, keys, options, before, after } = { ...DEFAULTS, ...application }
    const middleware = osprofilerMiddleware(keys.hmacKeys, options)
    const server = createServer((req, res) => {
      const answer = async (): Promise<void> => {
        const { pathname, searchParams } = new URL(req.url ?? '/', 'http://localhost')
        const raw = rawRoutes[pathname]
        if (raw !== undefined) return raw(req, res)
        try {
          const question = { id: searchParams.get('id') ?? '', body: await readJson(req), req, res }
          const value = await routes[pathname]?.(question)
          if (value instanceof Readable) value.pipe(res.setHeader('Content-Type', 'text/plain'))
          else res.setHeader('Content-Type', 'application/json').end(JSON.stringify(value))
        } catch {
          res.writeHead(500).end()
        }
      }
      before(() => middleware(req, res, () => after(answer)))
    })
    return { ...(await listen(server)), stats: () => middleware.stats }
  },
}

async function readJson(req: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of req) text += chunk
  return text === '' ? undefined : JSON.parse(text)
}
