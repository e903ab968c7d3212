// Uses OSProfiler for signed requests, in addition to OpenTelemetry.

import { trace } from '@opentelemetry/api'
import { get } from '@osprofiler/core'
import { osprofilerMiddleware } from '@osprofiler/express'
import { setup } from '@osprofiler/node'
import express from 'express'

const osprofiler = setup()
const app = express()
app.use(osprofilerMiddleware())

app.use((_req, _res, next) => {
  const traced = get() // undefined, unless this request is signed
  if (traced) trace.getActiveSpan()?.setAttribute('osprofiler.trace_id', traced.baseId)
  next()
})

app.get('/', (_req, res) => res.send('served'))

const server = app.listen(Number(process.env.PORT ?? 3000))
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close(() => osprofiler.close()))
