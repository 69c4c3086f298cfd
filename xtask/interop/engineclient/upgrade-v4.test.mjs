// Messages during the upgrade of our client, with one of the official servers.

import { SERVERS } from "../support/engine.mjs";
import { upgrades } from "../support/upgrades.mjs";

upgrades(SERVERS[0]);
