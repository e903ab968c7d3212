import Koa from 'koa'
import Koa2 from 'koa2'

/** The versions of Koa that the middleware supports. Their types differ, but not in the parts that the tests use. */
export const koas: readonly { readonly version: string; readonly Koa: typeof Koa }[] = [
  { version: '3', Koa },
  { version: '2', Koa: Koa2 as unknown as typeof Koa },
]
