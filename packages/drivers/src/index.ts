export { checkConnectionString, type DriverOptions, openDriver } from './open-driver.js'
