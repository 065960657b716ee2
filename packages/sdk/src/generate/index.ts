export { type GenerateOptions, generateTypes } from './generate-types.ts'
