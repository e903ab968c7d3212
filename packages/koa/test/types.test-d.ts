import Router from '@koa/router'
import { osprofilerMiddleware } from '@osprofiler/koa'
import Koa from 'koa'
import Koa2 from 'koa2'

// This file never runs. Its calls must compile, except for those that are marked as errors.

interface State {
  user: string
}

const app = new Koa()
app.use(osprofilerMiddleware())
app.use(osprofilerMiddleware('NEW,OLD'))
app.use(osprofilerMiddleware(['NEW', 'OLD'], { name: 'api', hideQuery: true, ignore: req => req.url === '/health' }))
new Koa<State>().use(osprofilerMiddleware('KEY')).use(ctx => void ctx.state.user.length)
new Koa2().use(osprofilerMiddleware('KEY'))
new Router().use(osprofilerMiddleware('KEY'))

const traced: number = osprofilerMiddleware('KEY').stats.traced
void traced

// @ts-expect-error A key is a string.
osprofilerMiddleware(7)
// @ts-expect-error `hideQueries` is not an option.
osprofilerMiddleware('KEY', { hideQueries: true })
// @ts-expect-error `ignore` must return its result synchronously.
osprofilerMiddleware('KEY', { ignore: async () => true })
