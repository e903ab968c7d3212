// A Koa service that `shop` calls. The points of its middlewares are recorded.
// The tests find the line below a `line: NAME` comment by NAME.

import { createServer } from 'node:http2'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import Router from '@koa/router'
import { osprofilerMiddleware } from '@osprofiler/koa'
import { setup } from '@osprofiler/node'
import Koa from 'koa'

const osprofiler = setup({ service: 'orders', instruments: ['+koa'] })
const rates = process.env.RATES_URL ?? ''

const app = new Koa()
const router = new Router()
app.use(osprofilerMiddleware())
// line: orders-session
app.use(async function loadSession(ctx, next) {
  if (ctx.path === '/session') await sleep(300)
  await next()
})
// line: orders-after
app.use(async function compressLate(ctx, next) {
  await next()
  if (ctx.path === '/after') await sleep(300)
})
router.get('/http2-port', ctx => {
  ctx.body = (http2.address() as { port: number }).port
})
router.get('/session', ctx => {
  ctx.body = 'done'
})
router.get('/after', ctx => {
  ctx.body = 'done'
})
router.get('/open', async ctx => {
  await sleep(150)
  ctx.body = []
})
router.get('/newest', async ctx => {
  await sleep(150)
  ctx.body = { id: 4711 }
})
router.get('/orders/:id', async ctx => {
  await sleep(150)
  ctx.body = { id: ctx.params.id }
})
router.get('/newest-quick', ctx => {
  ctx.body = { id: 4711 }
})
router.get('/quick/:id', ctx => {
  ctx.body = ctx.params
})
router.get('/rated', async ctx => {
  ctx.body = await (await fetch(`${rates}/slow?ms=300`)).json()
})
router.get('/rated-quick', async ctx => {
  ctx.body = await (await fetch(`${rates}/latest`)).json()
})
router.get('/export', ctx => {
  ctx.body = Readable.from(exportSlowly())
})
router.get('/healthy/export', ctx => {
  ctx.body = Readable.from(['a', 'b', 'c'])
})
router.get('/healthy', ctx => {
  ctx.body = 'hello'
})
app.use(router.routes())

async function* exportSlowly() {
  for (let chunk = 1; chunk <= 5; chunk++) {
    yield 'x'.repeat(20_000)
    await sleep(80)
  }
}

const http2 = createServer(app.callback()).listen(0, '127.0.0.1')
const server = app.listen(0, '127.0.0.1', () => {
  process.send?.({ url: `http://127.0.0.1:${(server.address() as { port: number }).port}` })
})
process.once('disconnect', () => {
  http2.close()
  server.close(() => osprofiler.close())
  server.closeAllConnections()
})
