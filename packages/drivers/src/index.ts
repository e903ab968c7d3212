export { openDriver } from './open-driver.js'
