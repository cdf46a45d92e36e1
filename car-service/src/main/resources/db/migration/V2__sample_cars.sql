-- SPDX-License-Identifier: Apache-2.0
INSERT INTO car_locations (location_id, capacity, available)
SELECT location_id, ${inventory_size}, ${inventory_size}
FROM (VALUES ('LISBON-AIRPORT'), ('PORTO-AIRPORT'), ('FARO-AIRPORT')) AS sample (location_id);
