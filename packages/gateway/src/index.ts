export { type Gateway, startGateway } from './start/start-gateway.ts'
export { StartError, type StartOptions } from './start/options.ts'
