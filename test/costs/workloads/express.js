import { osprofilerMiddleware } from '@osprofiler/express'
import express from 'express'
import { inject } from 'light-my-request'
import { createRequests, HMAC_KEYS, LIMITS } from '../requests.js'

export const COUNT = 200

export function createWorkload() {
  const bare = createApp()
  const traced = createApp(osprofilerMiddleware(HMAC_KEYS, LIMITS))
  const send = app => headers => inject(app, { url: '/orders/7', headers })
  return createRequests(COUNT, send(bare), send(traced))
}

function createApp(...middlewares) {
  const app = express()
  for (const middleware of middlewares) app.use(middleware)
  app.get('/orders/:id', (req, res) => {
    res.json({ id: req.params.id, state: 'paid' })
  })
  return app
}
