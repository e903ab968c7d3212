export { type DriverOptions, openDriver } from './open-driver.js'
