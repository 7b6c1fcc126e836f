// Compiles a submission in one virtual machine and packs its classes into a jar that names the main class.
//
// `java Compile.java JAR SOURCE...`. A source may have any file name, whatever its public class is called. The main class is
// `Main` if it has a main method, else the first that has one: in the first source first, in a source by the order of their names.
// Status 1: it does not compile. No class of the submission is initialized here.

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

class Compile {
    public static void main(String[] args) throws Exception {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        if (compiler == null) {
            throw new IllegalStateException("this Java has no compiler: a JDK is needed, not only a JRE");
        }
        Classes classes = new Classes(compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8));
        List<Source> sources = new ArrayList<>();
        for (int at = 1; at < args.length; at++) {
            sources.add(new Source(args[at], at));
        }
        List<String> options = List.of("-proc:none", "-encoding", "UTF-8");
        boolean compiled = compiler.getTask(new PrintWriter(System.err, true), classes, null, options, null, sources).call();
        if (!compiled) {
            System.exit(1);
        }
        String main = classes.main();
        if (main == null) {
            System.err.println("error: no class has a method: public static void main(String[] args)");
            System.exit(1);
        }
        classes.pack(Path.of(args[0]), main);
    }
}

/** A submitted file; any class may be in it. */
class Source extends SimpleJavaFileObject {
    final int number;
    private final String name;

    Source(String name, int number) {
        super(Path.of(name).toUri(), Kind.SOURCE);
        this.name = name;
        this.number = number;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) throws java.io.IOException {
        return Files.readString(Path.of(name));
    }

    @Override
    public String getName() {
        return name;
    }

    @Override
    public boolean isNameCompatible(String simpleName, Kind kind) {
        return kind == Kind.SOURCE;
    }
}

/** A class that was made. */
class Made extends SimpleJavaFileObject {
    final int source;
    final ByteArrayOutputStream code = new ByteArrayOutputStream();

    Made(String name, int source) {
        super(URI.create("memory:///" + name.replace('.', '/') + ".class"), Kind.CLASS);
        this.source = source;
    }

    @Override
    public OutputStream openOutputStream() {
        return code;
    }
}

/** Keeps what the compiler makes. */
class Classes extends ForwardingJavaFileManager<StandardJavaFileManager> {
    private final Map<String, Made> made = new LinkedHashMap<>();

    Classes(StandardJavaFileManager files) {
        super(files);
    }

    @Override
    public JavaFileObject getJavaFileForOutput(Location location, String name, JavaFileObject.Kind kind, FileObject sibling) {
        int source = sibling instanceof Source ? ((Source) sibling).number : Integer.MAX_VALUE;
        Made output = new Made(name, source);
        made.put(name, output);
        return output;
    }

    /** The name of the class to start with; null if there is none. */
    String main() {
        Loader loader = new Loader();
        List<String> able = new ArrayList<>();
        for (String name : made.keySet()) {
            if (loader.hasMain(name)) {
                able.add(name);
            }
        }
        if (able.contains("Main")) {
            return "Main";
        }
        able.sort((one, other) -> {
            int bySource = Integer.compare(made.get(one).source, made.get(other).source);
            return bySource != 0 ? bySource : one.compareTo(other);
        });
        return able.isEmpty() ? null : able.get(0);
    }

    void pack(Path jar, String main) throws java.io.IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, main);
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest)) {
            out.setLevel(1);
            for (Map.Entry<String, Made> one : made.entrySet()) {
                JarEntry entry = new JarEntry(one.getKey().replace('.', '/') + ".class");
                entry.setTime(0);
                out.putNextEntry(entry);
                one.getValue().code.writeTo(out);
            }
        }
    }

    private class Loader extends ClassLoader {
        boolean hasMain(String name) {
            try {
                Method main = Class.forName(name, false, this).getMethod("main", String[].class);
                return Modifier.isStatic(main.getModifiers()) && main.getReturnType() == void.class;
            } catch (ReflectiveOperationException | LinkageError none) {
                return false;
            }
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            Made found = made.get(name);
            if (found == null) {
                throw new ClassNotFoundException(name);
            }
            byte[] code = found.code.toByteArray();
            return defineClass(name, code, 0, code.length);
        }
    }
}
