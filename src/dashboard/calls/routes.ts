import type { z } from "zod"
import type * as bundles from "../../api/routes/bundles.ts"
import type * as deviceChanges from "../../api/routes/device-changes.ts"
import type * as deviceGroups from "../../api/routes/device-groups.ts"
import type * as devices from "../../api/routes/devices.ts"
import type * as fleets from "../../api/routes/fleets.ts"
import type * as history from "../../api/routes/history.ts"
import type * as releaseContent from "../../api/routes/release-content.ts"
import type * as releases from "../../api/routes/releases.ts"
import type * as sessions from "../../api/routes/sessions.ts"
import type * as targets from "../../api/routes/targets.ts"
import type * as tokens from "../../api/routes/tokens.ts"

type Members<Module> = Module[keyof Module]

/** Every route of the API, by the descriptions that the server answers by. Types alone: none of it is loaded. */
type Route = Extract<
  | Members<typeof bundles>
  | Members<typeof deviceChanges>
  | Members<typeof deviceGroups>
  | Members<typeof devices>
  | Members<typeof fleets>
  | Members<typeof history>
  | Members<typeof releaseContent>
  | Members<typeof releases>
  | Members<typeof sessions>
  | Members<typeof targets>
  | Members<typeof tokens>,
  { method: string; path: string }
>

/** The routes by method and path, as `get /fleets/{organization}/{name}`. */
type Routes = { [Each in Route as `${Each["method"]} ${Each["path"]}`]: Each }

export type CallName = keyof Routes
/** Calls that change nothing. */
export type Question = Extract<CallName, `get ${string}`>
export type Change = Exclude<CallName, Question>

type Request<Name extends CallName> = Routes[Name] extends { request: infer Found } ? Found : object
type Json<Schema> = { content: { "application/json": { schema: Schema } } }
type Yaml = { content: { "application/yaml": unknown } }
type Output<Schema> = Schema extends z.ZodType ? z.output<Schema> : never
/** What may be left out may be `undefined` too. */
type Optional<Given> = { [Key in keyof Given]?: Given[Key] | undefined }

type Params<Name extends CallName> =
  Request<Name> extends { params: infer Schema } ? { params: Output<Schema> } : object
type Query<Name extends CallName> =
  Request<Name> extends { query: infer Schema } ? { query?: Optional<Output<Schema>> | undefined } : object
type Body<Name extends CallName> =
  Request<Name> extends { body: Json<infer Schema extends z.ZodType> } ? { body: z.input<Schema> } : object

/** What a call takes: what stands in its path, its query and its body. */
export type CallInput<Name extends CallName> = Params<Name> & Query<Name> & Body<Name>

/** What a call answers; `undefined` where that has no body. */
export type Answer<Name extends CallName> = Routes[Name] extends { responses: { 200: Json<infer Schema> } }
  ? Output<Schema>
  : Routes[Name] extends { responses: { 201: Json<infer Schema> } }
    ? Output<Schema>
    : Routes[Name] extends { responses: { 200: Yaml } }
      ? string
      : undefined
