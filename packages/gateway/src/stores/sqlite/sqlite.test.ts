import { storeConformance } from '../conformance.ts'
import { sqlitePlace } from './fixtures/sqlite-place.ts'

storeConformance('sqlite', () => sqlitePlace())
