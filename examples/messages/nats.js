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

/** Errors of `handle` go to `onError`, because an error in a callback of NATS would end the connection. */
export function subscribe(connection, subject, handle, onError = console.error) {
  const call = { functionName: `consume ${subject}` }
  const callback = async (error, message) => {
    try {
      if (error) throw error
      await runTraced(message.headers, undefined, () => handle(message), call)
    } catch (failure) {
      onError(failure)
    }
  }
  return connection.subscribe(subject, { callback })
}
