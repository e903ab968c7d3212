import { inspect } from 'node:util'

const attempt = read => {
  try {
    return read()
  } catch (error) {
    return `throws ${error?.constructor?.name}`
  }
}

const READS = {
  kind: fn => typeof fn,
  text: fn => fn.toString(),
  tag: fn => Object.prototype.toString.call(fn),
  asText: fn => `${fn}`,
  name: fn => fn.name,
  length: fn => fn.length,
  constructor: fn => fn.constructor,
  prototype: fn => Object.getPrototypeOf(fn),
  ownPrototype: fn => fn.prototype?.constructor === fn,
  prototypeKeys: fn => (fn.prototype ? Reflect.ownKeys(fn.prototype).map(String).join() : 'none'),
  isFunction: fn => fn instanceof Function,
  extensible: fn => `${Object.isExtensible(fn)} ${Object.isSealed(fn)}`,
  enumerable: fn => JSON.stringify(Object.keys(fn)),
  copied: fn => JSON.stringify(Object.keys({ ...fn })),
  forIn: fn => {
    const keys = []
    for (const key in fn) keys.push(key)
    return keys.join()
  },
  json: fn => JSON.stringify({ fn, list: [fn] }),
  // Node 26 shows that a function is a proxy, which the docs mention.
  shown: fn => inspect(fn, { depth: 0 }).replace(/^(?:Proxy\()+|\)+$/g, ''),
  constructs: fn => Reflect.construct(Object, [], fn) instanceof Object,
  // If a bound function is no longer an instance of `Function`, `instanceof` with that function bypasses every trap of
  // a proxy.
  isInstance: fn => fn instanceof Function && {} instanceof fn,
  metadata: fn =>
    Reflect.getMetadataKeys(fn)
      .map(key => `${key}=${Reflect.getMetadata(key, fn)}`)
      .join(),
  ownMetadata: fn => Reflect.getOwnMetadataKeys(fn).join(),
  helper: fn => fn.helper?.(),
  live: fn => {
    fn.setLater = 1
    return fn.setLater
  },
  replaced: fn => Reflect.set(fn, 'own', 2) && fn.own,
  removed: fn => Reflect.deleteProperty(fn, 'setLater') && 'setLater' in fn,
}

/** Logs everything that a program can read from a function, except the documented differences. */
export function describe(fn, log) {
  for (const [what, read] of Object.entries(READS)) {
    const value = attempt(() => read(fn))
    log(what, value)
  }
  for (const key of Reflect.ownKeys(fn)) {
    const descriptor = Object.getOwnPropertyDescriptor(fn, key)
    const { enumerable, configurable, writable } = descriptor
    log('member', String(key), `${enumerable} ${configurable} ${writable}`, descriptor.value, descriptor.get)
  }
}
