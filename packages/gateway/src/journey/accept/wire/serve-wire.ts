import type { FastifyReply, FastifyRequest } from 'fastify'
import { readBytes } from './read-wire.ts'
import { WireCall } from './wire-call.ts'
import type { MountedRoute, WireDoor } from './wire-door.ts'

/**
 * Every POST of the doors that speak a language model's protocol: one call, in whatever words. What it knows stands in the WireCall, as
 * all that an async function knows is kept for each of its calls, 1 kB here.
 */
export async function serveWire(
  request: FastifyRequest,
  reply: FastifyReply,
  door: WireDoor,
  route: MountedRoute,
): Promise<FastifyReply> {
  const served = new WireCall(request, reply, door, route)
  try {
    served.readHeaders(request)
    const call = served.read(await readBytes(request, served.caller, door))
    const written = served.write(await door.context.serve(call, served.caller))
    return written instanceof Promise ? await written : written
  } catch (thrown) {
    return served.fail(thrown)
  }
}
