import { describeRegistryClient } from "./client-contract.ts"
import { skopeo } from "./registry-client.ts"

describeRegistryClient(skopeo)
