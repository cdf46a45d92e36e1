-- SPDX-License-Identifier: Apache-2.0
INSERT INTO flights (flight_id, capacity, available)
SELECT flight_id, ${inventory_size}, ${inventory_size}
FROM (VALUES ('LH-100'), ('LH-200'), ('LH-300')) AS sample (flight_id);
