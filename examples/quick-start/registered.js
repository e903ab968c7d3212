// Start this program with `node --import @osprofiler/node/register`, which calls setup().
import { osprofilerMiddleware } from '@osprofiler/express'
import express from 'express'

const app = express()
app.use(osprofilerMiddleware())
app.get('/', (_req, res) => res.send('served'))

const server = app.listen(Number(process.env.PORT ?? 3000))
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close())
