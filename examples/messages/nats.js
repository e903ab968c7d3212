import { headers } from '@nats-io/transport-node'
import { withTrace } from '@osprofiler/core'
import { injectTrace, runTraced } from '@osprofiler/rpc'

export function publish(connection, subject, data) {
  return withTrace('rpc', { function: { name: `publish ${subject}` } }, () =>
    connection.publish(subject, data, { headers: injectTrace(headers()) }),
  )
}

export function request(connection, subject, data) {
  return withTrace('rpc', { function: { name: `request ${subject}` } }, () =>
    connection.request(subject, data, { headers: injectTrace(headers()), timeout: 5_000 }),
  )
}

export function subscribe(connection, subject, handle) {
  const callback = (error, message) => {
    if (error) throw error
    return runTraced(message.headers, undefined, () => handle(message), { functionName: `consume ${subject}` })
  }
  return connection.subscribe(subject, { callback })
}
