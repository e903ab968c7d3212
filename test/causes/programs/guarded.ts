// An Express service whose middlewares are recorded. The tests find the line below a `line: NAME` comment by NAME.

import { setTimeout as sleep } from 'node:timers/promises'
import { withTrace } from '@osprofiler/core'
import { osprofilerMiddleware } from '@osprofiler/express'
import { setup } from '@osprofiler/node'
import express, { Router } from 'express'

const osprofiler = setup({ service: 'guarded', instruments: ['+express'] })
const app = express()
app.use(osprofilerMiddleware())

const admin = Router()
// line: guard
admin.use(async function requireAdmin(_req, _res, next) {
  await sleep(300)
  next()
})
admin.get('/users', async function listUsers(_, res) {
  res.json(await withTrace('load users', async () => []))
})
app.use('/admin', admin)
// line: handler
app.get('/handler', async function loadAll(_, res) {
  await sleep(300)
  res.send('done')
})
app.get('/healthy', (_, res) => void res.send('hello'))

const server = app.listen(0, '127.0.0.1', () => {
  process.send?.({ url: `http://127.0.0.1:${(server.address() as { port: number }).port}` })
})
process.once('disconnect', () => {
  server.close(() => osprofiler.close())
  server.closeAllConnections()
})
