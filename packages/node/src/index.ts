export { type Osprofiler, setup } from './setup.js'
export type { SetupOptions } from './setup-options.js'
