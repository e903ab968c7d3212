import { withTrace } from '@osprofiler/core'
import { osprofilerErrorHandler, osprofilerMiddleware } from '@osprofiler/express'
import { setup } from '@osprofiler/node'
import express from 'express'

const osprofiler = setup() // keys from OSPROFILER_HMAC_KEYS, records into the embedded store
const app = express()
app.use(osprofilerMiddleware()) // first, so that the request's point covers all that follows

app.get('/orders/:id', async (req, res) => {
  const db = { statement: 'SELECT * FROM orders WHERE id = ?', params: [req.params.id] }
  res.json(await withTrace('db', { db }, () => findOrder(req.params.id)))
})

app.use(osprofilerErrorHandler()) // after the routes, to record their errors

const server = app.listen(Number(process.env.PORT ?? 3000))
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close(() => osprofiler.close()))

async function findOrder(id) {
  await new Promise(resolve => setTimeout(resolve, 20))
  return { id, total: 42 }
}
