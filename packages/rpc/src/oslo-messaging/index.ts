export {
  createOsloClient,
  type OsloCallOptions,
  type OsloCastOptions,
  type OsloClient,
  type OsloClientOptions,
  type OsloTarget,
} from './client.js'
export type { AmqpConnection, Connect } from './connection.js'
export type { EndpointMethod, EndpointTarget } from './endpoints.js'
export { MessageUndeliverable, MessagingTimeout, RemoteError, type RemoteFailure } from './errors.js'
export type { RabbitOptions } from './rabbit-options.js'
export type { ReplyOptions } from './replies.js'
export { createOsloServer, type OsloCall, type OsloServer, type OsloServerOptions } from './server.js'
