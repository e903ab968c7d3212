import { createServer } from 'node:http'
import { osprofilerErrorHandler, osprofilerMiddleware } from '@osprofiler/express'
import express, { Router } from 'express'
import express4 from 'express4'

// This file never runs. Its calls must compile, except for those that are marked as errors.

const app = express()
app.use(osprofilerMiddleware())
app.use(osprofilerMiddleware('NEW,OLD'))
app.use(osprofilerMiddleware(['NEW', 'OLD'], { name: 'api', hideQuery: true, maxTraceAge: 60 }))
app.use('/api', osprofilerMiddleware('KEY', { ignore: req => req.url === '/health' }))
app.get('/', osprofilerMiddleware('KEY'), (_req, res) => void res.json({}))
app.use(Router().use(osprofilerMiddleware('KEY')))
app.use(osprofilerErrorHandler())

const app4 = express4()
app4.use(osprofilerMiddleware('NEW,OLD'))
app4.use(osprofilerErrorHandler())

const middleware = osprofilerMiddleware(undefined, {
  enabled: undefined,
  onRefused: (reason, req) => {
    const known: 'unknown-key' | 'too-old' | undefined = reason === 'unknown-key' ? reason : undefined
    const url: string | undefined = req.url
    return void [known, url]
  },
})
const traced: number = middleware.stats.traced
const refused: number = middleware.stats.refused['rate-limited']
createServer((req, res) => middleware(req, res, () => res.end(`${traced} ${refused}`)))

// @ts-expect-error A key is a string.
osprofilerMiddleware(7)
// @ts-expect-error Each key in a list is a string.
osprofilerMiddleware([7])
// @ts-expect-error `hideQueries` is not an option.
osprofilerMiddleware('KEY', { hideQueries: true })
// @ts-expect-error The name of a point is a string.
osprofilerMiddleware('KEY', { name: 7 })
// @ts-expect-error `no-reason` is not a known reason.
osprofilerMiddleware('KEY', { onRefused: reason => reason === 'no-reason' })
// @ts-expect-error Counters are read-only.
middleware.stats.traced = 0
// @ts-expect-error `osprofilerErrorHandler` takes no arguments, because keys and options belong to the middleware.
osprofilerErrorHandler('KEY')
