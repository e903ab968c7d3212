// The service that the command calls. It uses Express, and calls another service with fetch.

import { withTrace } from '@osprofiler/core'
import { osprofilerMiddleware } from '@osprofiler/express'
import { setup } from '@osprofiler/node'
import express from 'express'

const osprofiler = setup({ service: 'gateway' })
const app = express()
app.use(osprofilerMiddleware())
app.get('/one', async (_, res) => res.send(await ask('/')))
app.get('/parallel', async (_, res) => {
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask('/')))
  res.send(answers.join())
})
app.get('/self', async (req, res) => {
  const answers = await Promise.all([ask('/'), fetch(`http://${req.headers.host}/one`).then(answer => answer.text())])
  res.send(answers.join())
})
app.get('/later', (_, res) => {
  void withTrace('mail', () => new Promise(resolve => setTimeout(resolve, 500))).then(() => undefined)
  res.send('accepted')
})
app.get('/moved', (_, res) => res.redirect('/one'))

async function ask(path) {
  const answer = await fetch(`${process.env.ORDERS_URL}${path}`)
  return await answer.text()
}

const server = app.listen(0, '127.0.0.1', () => process.send({ url: `http://127.0.0.1:${server.address().port}` }))
process.once('disconnect', () => server.close(() => osprofiler.close()))
