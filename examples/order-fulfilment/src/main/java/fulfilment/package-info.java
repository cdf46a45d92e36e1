// SPDX-License-Identifier: Apache-2.0
/**
 * An order is fulfilled: paid, taken from the inventory, shipped.
 *
 * <pre>
 *   order_submitted ──> payment ── payment_processed ──> inventory ── inventory_updated ──> shipment ── shipment_created
 * </pre>
 *
 * <p>The first file to read is {@link fulfilment.Fulfilment}.
 */
@NullMarked
package fulfilment;

import org.jspecify.annotations.NullMarked;
