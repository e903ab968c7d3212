// A small Express application with a store. Usage: node delivery-app.js CONNECTION_STRING STATS_FILE
// The application sends its port to its parent process. When it exits by itself, it writes the notifier's statistics to
// the file.
import { writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { createNotifier, setNotifier, withTrace } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { osprofilerMiddleware } from '@osprofiler/express'
import express from 'express'

const [, , connectionString, statsFile] = process.argv
const driver = openDriver(connectionString)
const notifier = createNotifier(driver)
setNotifier(notifier)

const app = express()
app.use(osprofilerMiddleware('KEY', { maxTracesPerSecond: 1_000_000 }))
app.get('/work', async (_req, res) => {
  await Promise.all([withTrace('db', () => delay(1)), withTrace('rpc', () => delay(1))])
  res.json({ done: true })
})
app.get('/hang', () => withTrace('db', () => new Promise(() => {})))
app.get('/stats', (_req, res) => res.json(notifier.stats))
app.get('/end', async (req, res) => {
  res.json({ ending: req.query.how })
  server.close()
  server.closeIdleConnections()
  if (req.query.how !== 'exit') return
  await notifier.close()
  process.exit(0)
})

const server = app.listen(0, '127.0.0.1', () => process.send(server.address().port))

process.once('SIGTERM', async () => {
  server.close()
  server.closeIdleConnections()
  await notifier.close()
  await driver.close()
})
process.on('exit', () => writeFileSync(statsFile, JSON.stringify(notifier.stats)))
