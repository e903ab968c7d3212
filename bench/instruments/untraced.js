// Runs only the instruments' work in untraced calls: `node untraced.js bare|untraced http|fetch|pg|ioredis`. A stub
// replaces each library's call. The stub does nothing except publish the library's messages on its diagnostics
// channels.

import { channel } from 'node:diagnostics_channel'
import http from 'node:http'
import { answerTimes } from '../answer.js'

const [, , task, library] = process.argv

const CALLS = {
  http() {
    const [start, finish] = ['request.start', 'response.finish'].map(name => channel(`http.client.${name}`))
    http.get = () => {
      const request = {}
      if (start.hasSubscribers) start.publish({ request })
      if (finish.hasSubscribers) finish.publish({ request, response: {} })
      return request
    }
    return () => http.get('http://127.0.0.1:8080/other/7?page=2')
  },
  fetch() {
    const [create, headers, trailers] = ['create', 'headers', 'trailers'].map(name => channel(`undici:request:${name}`))
    class Request {
      origin = 'http://127.0.0.1:8080'
      path = '/other/7?page=2'
      method = 'GET'
      headers = []
    }
    return () => {
      const request = new Request()
      if (create.hasSubscribers) create.publish({ request })
      if (headers.hasSubscribers) headers.publish({ request, response: { statusCode: 200, headers: [] } })
      if (trailers.hasSubscribers) trailers.publish({ request, trailers: [] })
      return request
    }
  },
  pg() {
    const client = new libraries.pg.Client()
    return () => client.query('SELECT name FROM products WHERE id = $1', [7])
  },
  ioredis() {
    const redis = new libraries.ioredis.Redis()
    const command = { name: 'get', args: ['key'] }
    return () => redis.sendCommand(command)
  },
}

class Client {
  query() {}
  connect() {}
}
class Commander {
  sendCommand() {}
  connect() {}
  exec() {}
}
const libraries = {
  pg: { Client, Pool: class Pool extends Client {} },
  ioredis: {
    Redis: Commander,
    Cluster: class Cluster extends Commander {},
    Pipeline: class Pipeline extends Commander {},
  },
}

const call = CALLS[library]()
if (task === 'untraced') {
  const { instrument } = await import('@osprofiler/instruments')
  instrument([library], { traceSql: 'statements', libraries })
}

answerTimes({
  [task](count) {
    for (let i = 0; i < count; i++) call()
  },
})
