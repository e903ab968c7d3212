import { InterceptingCall, ServerInterceptingCall, status } from '@grpc/grpc-js'
import { bind, get } from '@osprofiler/core'
import { injectTrace, runTraced } from '@osprofiler/rpc'

/** For a client: `new Client(address, credentials, { interceptors: [traceCalls] })`. */
export function traceCalls(options, nextCall) {
  const point = get()?.startBeside('rpc', { function: { name: options.method_definition.path } })
  if (point === undefined) return new InterceptingCall(nextCall(options))
  return new InterceptingCall(nextCall(options), {
    start(metadata, _listener, next) {
      next(injectTrace(metadata, { point }), {
        onReceiveStatus(answer, nextStatus) {
          if (answer.code === status.OK) point.stop()
          else point.fail(new Error(answer.details))
          nextStatus(answer)
        },
      })
    },
  })
}

/** For a server: `new Server({ interceptors: [serveTraced] })`. */
export function serveTraced(method, call) {
  let inContext = next => next()
  let finish = () => {}
  let fail = () => {}

  return new ServerInterceptingCall(call, {
    start(next) {
      next({
        onReceiveMetadata(metadata, nextMetadata) {
          const served = new Promise((resolve, reject) => {
            finish = resolve
            fail = reject
          })
          const serve = () => {
            // Later events run outside of the trace, so their handlers need the trace's context.
            inContext = bind(step => step())
            nextMetadata(metadata)
            return served
          }
          runTraced(metadata, undefined, serve, { functionName: method.path }).catch(() => {})
        },
        onReceiveMessage: (message, nextMessage) => inContext(() => nextMessage(message)),
        onReceiveHalfClose: nextHalfClose => inContext(nextHalfClose),
        onCancel() {
          fail(new Error('The call was cancelled'))
        },
      })
    },
    sendStatus(answer, next) {
      if (answer.code === status.OK) finish()
      else fail(new Error(answer.details))
      next(answer)
    },
  })
}
