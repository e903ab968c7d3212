import Module from 'node:module'
import { osprofilerMiddleware as expressMiddleware, osprofilerErrorHandler } from '@osprofiler/express'
import { osprofiler } from '@osprofiler/fastify'
import { osprofilerMiddleware as koaMiddleware } from '@osprofiler/koa'
import { sign } from './signed-servers.js'

/**
 * The frameworks to change. Each framework is recognized when one of its files is loaded, by the end of the file's
 * path. `mount` receives the exports of that file, and returns a replacement for these exports.
 */
const FRAMEWORKS = [
  { file: /[\\/]express[^\\/]*[\\/]lib[\\/]application\.js$/, mount: mountInExpress },
  { file: /[\\/]koa[^\\/]*[\\/]lib[\\/]application\.js$/, mount: mountInKoa },
  { file: /[\\/]fastify[^\\/]*[\\/]fastify\.js$/, mount: mountInFastify },
  { file: /[\\/]light-my-request[\\/]index\.js$/, mount: signInjected },
]

/** Mounts our adapter in every Express, Koa and Fastify application that is created from now on. */
export function mountAdapters(hmacKey) {
  const { load } = Module.prototype
  Module.prototype.load = function (filename, ...more) {
    const result = load.call(this, filename, ...more)
    for (const { file, mount } of FRAMEWORKS) {
      if (file.test(filename)) this.exports = mount(this.exports, hmacKey)
    }
    return result
  }
}

/**
 * Mounts the middleware first and the error handler last, when the first request arrives. Mounting creates the
 * application's router, and later changes of the application's settings would have no effect on the router.
 */
function mountInExpress(application, hmacKey) {
  const { handle } = application
  const mounted = new WeakSet()
  application.handle = function (...args) {
    if (!mounted.has(this)) {
      mounted.add(this)
      this.use(expressMiddleware(hmacKey))
      // Reading `router` throws an error in Express 4.
      const router = this._router ?? this.router
      router.stack.unshift(router.stack.pop())
      this.use(osprofilerErrorHandler())
    }
    return handle.apply(this, args)
  }
  return application
}

/**
 * Inserts the middleware directly into Koa's list, so that it comes first. Koa reads the list for each request, so
 * middleware may be added later.
 */
function mountInKoa(Koa, hmacKey) {
  const { callback } = Koa.prototype
  const mounted = new WeakSet()
  Koa.prototype.callback = function () {
    if (!mounted.has(this)) {
      mounted.add(this)
      this.middleware.unshift(koaMiddleware(hmacKey))
    }
    return callback.call(this)
  }
  return Koa
}

/** Calls the plugin directly, because the tests print and count the plugins that `register()` adds. */
function mountInFastify(fastify, hmacKey) {
  const mounting = new Proxy(fastify, {
    apply(target, self, args) {
      const app = Reflect.apply(target, self, args)
      osprofiler(app, { hmacKeys: hmacKey })
      return app
    },
  })
  for (const name of ['fastify', 'default']) fastify[name] = mounting
  return mounting
}

/** Signs injected requests, because most of Fastify's tests send requests without a server. */
function signInjected(inject, hmacKey) {
  const signing = new Proxy(inject, {
    apply(target, self, [dispatch, ...rest]) {
      const signed = typeof dispatch === 'function' ? signFirst(dispatch) : dispatch
      return Reflect.apply(target, self, [signed, ...rest])
    },
  })

  function signFirst(dispatch) {
    return function (req, res) {
      sign(req, hmacKey)
      return dispatch.call(this, req, res)
    }
  }

  for (const name of ['inject', 'default']) if (name in inject) inject[name] = signing
  return signing
}
