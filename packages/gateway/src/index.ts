export { StartError, type StartOptions } from './start/options.ts'
export { type Gateway, startGateway } from './start/start-gateway.ts'
