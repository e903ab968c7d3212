import { expressApps } from './express-app.js'
import { fastifyApp } from './fastify-app.js'
import type { Framework } from './framework.js'
import { koaApps } from './koa-app.js'
import { nodeServer } from './node-server.js'

/** All frameworks that the adapters support, over HTTP/1. */
export const frameworks: readonly Framework[] = [...expressApps, ...koaApps, fastifyApp, nodeServer]
