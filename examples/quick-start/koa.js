import { withTrace } from '@osprofiler/core'
import { osprofilerMiddleware } from '@osprofiler/koa'
import { setup } from '@osprofiler/node'
import Koa from 'koa'

const osprofiler = setup()
const app = new Koa()
app.use(osprofilerMiddleware())

app.use(async ctx => {
  ctx.body = await withTrace('render', { template: 'item' }, () => render(ctx.path))
})

const server = app.listen(Number(process.env.PORT ?? 3000))
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close(() => osprofiler.close()))

async function render(path) {
  return { path }
}
