// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLClientInfoException;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Wrapper;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The connection that handlers are given: theirs to use during a call, not to end, and not to
 * change for whoever is given it next. It knows which exceptions it threw.
 */
final class HandlerConnection implements HandlerSql.Effects {

  private static final Set<String> ENDING = Set.of("commit", "abort", "close");
  private static final Set<String> OF_POOL = Set.of("beginRequest", "endRequest");

  private static final Set<String> TAKES_SQL =
      Set.of(
          "prepareStatement",
          "prepareCall",
          "execute",
          "executeQuery",
          "executeUpdate",
          "executeLargeUpdate",
          "addBatch");

  /** The interfaces that something made by a connection may have, the narrower ones first. */
  private static final List<Class<?>> GUARDED =
      List.of(
          CallableStatement.class,
          PreparedStatement.class,
          Statement.class,
          ResultSet.class,
          DatabaseMetaData.class,
          Connection.class);

  private static final String OURS = "choreography_";

  private static final String END =
      "the transaction holds the journal, the outbox and other sagas; return Outcome.rejected or throw to undo what this call wrote";
  private static final String LASTS =
      "it would outlast the call on a connection that others are given next; a statement has limits of its own, and SET LOCAL is taken back";
  private static final String NOT_OWN_SAVEPOINT =
      "this call has set no such savepoint, and what another saga wrote must not be undone";
  private static final String NAME = "names that begin with choreography_ are the framework's";
  private static final String UNWRAP =
      "it would lead past the checks of this connection; ask for an interface of the driver's own, such as PGConnection";

  private final Connection guard;
  private final OwnErrors errors = new OwnErrors();
  private final HandlerSettings settings;
  private final Set<String> names = new HashSet<>();
  private final Set<Savepoint> savepoints = Collections.newSetFromMap(new IdentityHashMap<>());
  private boolean constraints;

  HandlerConnection(Connection connection) {
    this.settings = new HandlerSettings(connection);
    this.guard = guarded(Connection.class, connection, null);
  }

  /** Returns the connection to hand out. */
  Connection guard() {
    return guard;
  }

  /** A call of a handler begins. */
  void begin() {
    errors.clear();
    settings.begin();
    names.clear();
    savepoints.clear();
    constraints = false;
  }

  /** Returns the exceptions that it threw during the call. */
  OwnErrors errors() {
    return errors;
  }

  /** Takes back the settings that the call has changed; to be called when it succeeded. */
  void takeBack() throws SQLException {
    settings.takeBack();
  }

  /** Returns whether the call changed what cannot be taken back before the transaction ends. */
  boolean isChanged() {
    return constraints;
  }

  @Override
  public void changesSetting(String setting) throws SQLException {
    settings.changes(setting);
  }

  @Override
  public void changesConstraints() {
    constraints = true;
  }

  @Override
  public void setsSavepoint(String savepoint) throws SQLException {
    if (savepoint.startsWith(OURS)) {
      throw HandlerSql.refused("SAVEPOINT " + savepoint, NAME);
    }
    names.add(savepoint);
  }

  @Override
  public void usesSavepoint(String savepoint) throws SQLException {
    if (!names.contains(savepoint)) {
      throw HandlerSql.refused("for savepoint " + savepoint, NOT_OWN_SAVEPOINT);
    }
  }

  /** Whatever leads back to its connection leads to the one that refuses. */
  private <T> T guarded(Class<T> type, Object made, @Nullable Object maker) {
    return proxy(
        type,
        (proxy, method, arguments) -> {
          String name = method.getName();
          if (name.equals("getConnection")) {
            return guard;
          }
          if (name.equals("getStatement") && maker instanceof Statement) {
            return maker;
          }
          if (method.getDeclaringClass() == Wrapper.class && arguments != null) {
            return unwrapped(name, made, proxy, (Class<?>) arguments[0]);
          }
          check(type, name, arguments);
          Object result = invoke(made, method, arguments);
          if (result instanceof Savepoint savepoint) {
            savepoints.add(savepoint);
          }
          return guardedIfNeeded(result, proxy);
        });
  }

  private @Nullable Object guardedIfNeeded(@Nullable Object made, Object maker) {
    if (made != null) {
      for (Class<?> type : GUARDED) {
        if (type.isInstance(made)) {
          return guarded(type, made, maker);
        }
      }
    }
    return made;
  }

  private void check(Class<?> type, String name, Object @Nullable [] arguments)
      throws SQLException {
    Object first = arguments == null || arguments.length == 0 ? null : arguments[0];
    if (first instanceof String sql && TAKES_SQL.contains(name)) {
      HandlerSql.check(sql, this);
    }
    if (type == Connection.class) {
      checkOfConnection(name, first);
    }
  }

  private void checkOfConnection(String name, @Nullable Object first) throws SQLException {
    if (ENDING.contains(name) || (name.equals("rollback") && first == null)) {
      throw HandlerSql.refused(name, END);
    }
    if (first instanceof Savepoint savepoint && !savepoints.contains(savepoint)) {
      throw HandlerSql.refused(name + " for a savepoint", NOT_OWN_SAVEPOINT);
    }
    if (name.equals("setSavepoint")) {
      if (first instanceof String savepoint) {
        setsSavepoint(savepoint);
      }
    } else if (name.equals("setClientInfo")) {
      throw new SQLClientInfoException(HandlerSql.refused(name, LASTS).getMessage(), Map.of());
    } else if (name.startsWith("set") || OF_POOL.contains(name)) {
      throw HandlerSql.refused(name, name.equals("setAutoCommit") ? END : LASTS);
    }
  }

  /** The driver's own interfaces are let through, without their setters on the connection. */
  private Object unwrapped(String name, Object made, Object proxy, Class<?> wanted)
      throws SQLException {
    boolean asks = name.equals("isWrapperFor");
    if (wanted.isInstance(proxy)) {
      return asks ? true : proxy;
    }
    boolean allowed =
        wanted.isInterface()
            && GUARDED.stream().noneMatch(type -> type.isAssignableFrom(wanted))
            && ((Wrapper) made).isWrapperFor(wanted);
    if (asks) {
      return allowed;
    }
    if (!allowed) {
      throw HandlerSql.refused("unwrap(%s)".formatted(wanted.getSimpleName()), UNWRAP);
    }
    Object unwrapped = ((Wrapper) made).unwrap(wanted);
    return proxy(
        wanted,
        (self, method, arguments) -> {
          if (made instanceof Connection && method.getName().startsWith("set")) {
            throw HandlerSql.refused(method.getName(), LASTS);
          }
          return guardedIfNeeded(invoke(unwrapped, method, arguments), self);
        });
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader() == null
                ? HandlerConnection.class.getClassLoader()
                : type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              if (method.getName().equals("equals") && arguments != null) {
                return proxy == arguments[0];
              }
              return method.getName().equals("hashCode")
                  ? System.identityHashCode(proxy)
                  : handler.invoke(proxy, method, arguments);
            }));
  }

  private @Nullable Object invoke(Object to, Method method, Object @Nullable [] arguments)
      throws Throwable {
    try {
      return method.invoke(to, arguments);
    } catch (InvocationTargetException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      if (cause instanceof SQLException error) {
        errors.add(error);
      }
      throw cause;
    }
  }
}
