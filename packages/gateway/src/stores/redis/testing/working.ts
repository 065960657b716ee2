import type { RedisConnection } from '../connection.ts'

/** The connection, as soon as it works. */
export async function working(redis: RedisConnection): Promise<RedisConnection> {
  if (redis.fault() !== undefined) await new Promise<void>((resolve) => redis.onWorking(resolve))
  return redis
}
