import cluster from 'node:cluster'
import { createServer } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { createNotifier, setNotifier, withTrace } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { osprofilerMiddleware } from '@osprofiler/express'

// Each process of the cluster writes to the same store through its own notifier, and closes the notifier before it
// exits.
if (cluster.isPrimary) {
  const ports = new Set()
  let listening = 0
  cluster.on('listening', (_worker, { port }) => {
    ports.add(port)
    if (++listening === 2) process.send?.({ port: [...ports][0] })
  })
  cluster.fork()
  cluster.fork()
  process.on('message', () => {
    for (const worker of Object.values(cluster.workers ?? {})) worker?.send('stop')
    process.disconnect()
  })
} else {
  const driver = openDriver(process.env.OSPROFILER_CONNECTION_STRING ?? '')
  const notifier = createNotifier(driver)
  setNotifier(notifier)
  const middleware = osprofilerMiddleware()
  const server = createServer((req, res) => {
    middleware(req, res, async () => {
      await withTrace('work', { pid: process.pid }, () => pause(2))
      res.setHeader('Connection', 'close').end(String(process.pid))
    })
  })
  server.listen(0, '127.0.0.1')
  process.on('message', async () => {
    server.close()
    await notifier.close()
    await driver.close()
    process.disconnect()
  })
}
