// The service that browsers call. It uses Express, and calls the shop with fetch.

import { osprofilerMiddleware } from '@osprofiler/express'
import { setup } from '@osprofiler/node'
import express from 'express'

const osprofiler = setup({ service: 'front' })
const app = express()
app.use(osprofilerMiddleware())
app.post('/orders/:id', async (req, res) => {
  const response = await fetch(`${process.env.SHOP_URL}/orders/${req.params.id}`, { method: 'POST' })
  res.status(response.status).json(await response.json())
})

const server = app.listen(0, '127.0.0.1', () => process.send({ url: `http://127.0.0.1:${server.address().port}` }))
process.once('disconnect', () => server.close(() => osprofiler.close()))
